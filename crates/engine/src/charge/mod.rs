//! Patient charges (患者負担) of one patient's month.
