"""Results as DICOM objects that go back to the PACS: segmentations and structured reports."""
