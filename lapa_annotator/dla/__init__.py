"""Dense Landmark Annotation: find faces and propose their 106 points (LaPa, section 3.1)."""
