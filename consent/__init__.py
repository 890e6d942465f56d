"""A self-hosted cookie-consent service that proves itself."""
