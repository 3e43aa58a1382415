"""Grammar of the codes of things: video devices and city components. Codes are text, never numbers.

References
----------
GB/T 28181 annex (video devices, 20 digits); CJ/T 214 (components, 16 digits).
"""

from __future__ import annotations

from dataclasses import dataclass

from gis.codes import digits_code

__all__ = ["DeviceCode", "parse_component_code", "parse_device_code"]


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A video device code after GB/T 28181, rule A.

    Parameters
    ----------
    code : str
    centre, industry, kind, network, serial : str
        Blocks of 8, 2, 3, 1 and 6 digits.
    """

    code: str
    centre: str
    industry: str
    kind: str
    network: str
    serial: str

    @property
    def is_camera(self) -> bool:
        """Whether the type block says camera (131) or network camera (132)."""
        return self.kind in ("131", "132")


def parse_device_code(text: str) -> DeviceCode:
    """Read a GB/T 28181 device code.

    Parameters
    ----------
    text : str
        20 digits: 8 centre + 2 industry + 3 type + 1 network + 6 serial.

    Returns
    -------
    DeviceCode

    Raises
    ------
    InvalidCodeError
        Another form, scientific notation included.

    Examples
    --------
    >>> parse_device_code("34020000001320000001").is_camera
    True
    """
    pattern = "8 centre + 2 industry + 3 type + 1 network + 6 serial"
    code = digits_code(text, what="GB/T 28181 code", lengths=(20,), pattern=pattern)
    return DeviceCode(code, code[:8], code[8:10], code[10:13], code[13], code[14:])


def parse_component_code(text: str) -> str:
    """Read a component code.

    Parameters
    ----------
    text : str
        16 digits: 6 county + 2 major + 2 minor class + 6 serial.

    Returns
    -------
    str

    Raises
    ------
    InvalidCodeError
        Another form.
    """
    return digits_code(text, what="Component code", lengths=(16,), pattern="6 county + 2 major + 2 minor + 6 serial")
