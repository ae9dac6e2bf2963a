"""Model cards and data sheets, made from records: one structure, told as page, Markdown and JSON.

The sections are those of Mitchell et al. (2019), "Model Cards for Model Reporting", FAT* '19, and
of Gebru et al. (2021), "Datasheets for Datasets", Communications of the ACM 64(12). Every number is
read from the database, the artefact's manifest or the run's figures; what no record knows is "not
recorded".
"""
