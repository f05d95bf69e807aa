"""Connects Exempt to any ERP with a REST API."""
