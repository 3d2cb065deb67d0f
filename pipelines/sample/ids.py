"""Salesforce's record ids: 15 case-sensitive characters, and 3 that let case be ignored."""

import numpy as np
import pandas as pd

PREFIXES = {
    "account": "001",
    "contact": "003",
    "user": "005",
    "opportunity": "006",
    "history": "008",
    "change": "017",
    "rate": "04w",
    "role": "00E",
    "queue": "00G",
    "line": "00k",
    "lead": "00Q",
    "task": "00T",
    "event": "00U",
    "entry": "01u",
    "product": "01t",
    "profile": "00e",
}
ORG = "5g0000"  # the instance, the same in all ids of a company
_DIGITS = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8
)
_CHECKS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)
_FIRST = 7_654_321  # far enough from 0 for ids to have letters of both cases


def record_ids(kind: str, count: int) -> pd.Series:
    """The 18-character ids of the first `count` records of a kind; they sort as numbered."""
    number = _FIRST + np.arange(count)
    letters = np.empty((count, 18), dtype=np.uint8)
    letters[:, :9] = np.frombuffer((PREFIXES[kind] + ORG).encode(), dtype=np.uint8)
    for place in range(14, 8, -1):
        letters[:, place] = _DIGITS[number % 62]
        number = number // 62
    is_upper = (letters[:, :15] >= ord("A")) & (letters[:, :15] <= ord("Z"))
    bits = is_upper.reshape(count, 3, 5) @ (1 << np.arange(5))
    letters[:, 15:] = _CHECKS[bits]
    return pd.Series(letters.view("S18").ravel().astype("U18"))
