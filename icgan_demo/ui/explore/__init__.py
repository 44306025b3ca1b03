"""The Explore page: children of images, and the family tree that grows from them."""
