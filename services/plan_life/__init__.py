"""The life of plans: review, publishing, history, comparison, import."""
