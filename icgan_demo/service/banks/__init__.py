"""Banks of instances: built from pictures, laid out in the plane, compared with."""
