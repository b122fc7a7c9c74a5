//! Holds no code: the cases are the test targets in `tests/`.
