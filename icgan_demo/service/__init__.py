"""What page, command line and Python API all call; joins the parts below and knows no web."""
