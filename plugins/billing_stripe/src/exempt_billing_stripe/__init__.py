"""Connects Exempt to Stripe Billing."""
