"""Every text of the page in English and Korean: one file for each part of the page, joined in ``language``."""
