"""Writers of the formats in which data leaves. No Django in here."""
