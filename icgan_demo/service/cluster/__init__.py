"""What runs on other machines, through Ray; the package is optional, and imported only when it is asked for."""
