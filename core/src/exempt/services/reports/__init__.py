"""Reports: questions that a tax department asks again and again, answered as tables."""
