"""Personal data in what leaves the house: a surname, the ends of a number, no more (脱敏)."""


def masked_name(name: str) -> str:
    """Hide a name but for the surname: 张*."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


def masked_phone(number: str) -> str:
    """Hide the middle of a telephone number: 138****1234."""
    if not number:
        return ""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else "****"
