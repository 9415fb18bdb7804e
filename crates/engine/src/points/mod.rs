//! Fee points (点数算定) of one patient's month.
