"""What people read: the digest."""
