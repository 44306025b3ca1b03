"""What pages around an instance share: taking it, and the right side with its pictures and what is known of them."""
