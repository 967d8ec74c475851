"""What can go wrong. The text of each is one sentence for a person.

RagamError         this picture has no answer
├── Unavailable    nor would another: the service cannot be reached, or refuses everything
├── InvalidInput   what was given cannot be used: no pictures, an address that is not Ragam's, a CSV of something else
└── NotWritable    the CSV cannot be written
"""


class RagamError(Exception):
    pass


class Unavailable(RagamError):
    pass


class InvalidInput(RagamError):
    pass


class NotWritable(RagamError):
    pass
