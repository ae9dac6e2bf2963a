"""Demographic groups that people are compared by, as the data's source recorded them. No Django."""

#: The dimensions of a subject's tags, by the names of their fields, and in words.
DIMENSIONS = {"gender": "gender", "age_group": "age group", "ethnicity": "ethnicity"}
#: The group of subjects without a tag.
NOT_RECORDED = "not recorded"
