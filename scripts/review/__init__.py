"""What a reviewer must know of a plan: what loses data or positions, widens access, costs more, or cannot be judged (docs/review.md)."""
