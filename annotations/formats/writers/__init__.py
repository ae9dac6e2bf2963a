"""Writers of the formats that data leaves in, and the reader of our own. No Django in here."""
