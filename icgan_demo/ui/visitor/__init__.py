"""What is remembered of a visitor: on one page, from page to page, in all tabs of a browser."""
