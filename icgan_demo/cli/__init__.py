"""The command line: the same services as the page, without the page; one file for each group of commands."""
