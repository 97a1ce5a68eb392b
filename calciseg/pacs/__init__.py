"""In a hospital's network: DICOMweb and DIMSE, in and out. Needs ``calciseg[pacs]``.

DICOMweb: ``web`` (a server and how to speak to it) → ``pull`` and ``push``. DIMSE: ``peers`` → ``query`` and
``send`` as a client; as a server ``association`` (what guards the port) → ``spool`` and ``store`` (an object
is on the disk before it is acknowledged) → ``queue`` and ``listener`` (a complete study is analysed).
"""
