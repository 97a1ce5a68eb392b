"""Every threshold of calciseg: name, unit, default, reason and source.

Settings are passed by argument and saved in every result; nothing reads them from a global. A TOML file with
the same tables and names overrides the defaults (:func:`load_settings`).
"""

import tomllib
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from calciseg.errors import SettingsError
from calciseg.settings.anatomy import (
    BodyCavitySettings,
    BodySettings,
    CompartmentSettings,
    GridSettings,
    SkinSettings,
    TubeVoltageSettings,
)
from calciseg.settings.bone import BoneSettings, HangerSettings, OssificationSettings
from calciseg.settings.classifier import ClassifierSettings
from calciseg.settings.density import CandidateSettings, FaintSettings, MetalSettings
from calciseg.settings.films import HandIndexSettings, RadiographSettings
from calciseg.settings.lesions import (
    AgatstonSettings,
    MeasureSettings,
    PlaneSettings,
    ShapeSettings,
    TagSettings,
)
from calciseg.settings.mimics import (
    CartilageSettings,
    CavitySettings,
    ContrastSettings,
    DentalSettings,
    DeviceSettings,
    HeadSettings,
    RibSettings,
    VeinSettings,
)
from calciseg.settings.on_bone import (
    BumpSettings,
    LumpSettings,
    NoduleSettings,
    PlateSettings,
    SheetSettings,
)
from calciseg.settings.outputs import OutputSettings
from calciseg.settings.threshold import Group, first_of
from calciseg.settings.vessels import TrunkArterySettings, VesselSettings

__all__ = [
    "AgatstonSettings",
    "BodyCavitySettings",
    "BodySettings",
    "BoneSettings",
    "BumpSettings",
    "CandidateSettings",
    "CartilageSettings",
    "CavitySettings",
    "ClassifierSettings",
    "CompartmentSettings",
    "ContrastSettings",
    "DentalSettings",
    "DeviceSettings",
    "FaintSettings",
    "GridSettings",
    "HandIndexSettings",
    "HangerSettings",
    "HeadSettings",
    "LumpSettings",
    "MeasureSettings",
    "MetalSettings",
    "NoduleSettings",
    "OssificationSettings",
    "OutputSettings",
    "PlaneSettings",
    "PlateSettings",
    "RadiographSettings",
    "RibSettings",
    "Settings",
    "ShapeSettings",
    "SheetSettings",
    "SkinSettings",
    "TagSettings",
    "TrunkArterySettings",
    "TubeVoltageSettings",
    "VeinSettings",
    "VesselSettings",
    "load_settings",
    "with_seg_type",
]


class Settings(Group):
    """All settings of an analysis.

    Frozen; ``Settings(candidates=CandidateSettings(grow_hu=150))`` changes one.
    """

    grid: GridSettings = GridSettings()
    tube_voltage: TubeVoltageSettings = TubeVoltageSettings()
    body: BodySettings = BodySettings()
    candidates: CandidateSettings = CandidateSettings()
    faint: FaintSettings = FaintSettings()
    bone: BoneSettings = BoneSettings()
    bumps: BumpSettings = BumpSettings()
    hangers: HangerSettings = HangerSettings()
    lumps: LumpSettings = LumpSettings()
    nodules: NoduleSettings = NoduleSettings()
    plates: PlateSettings = PlateSettings()
    sheets: SheetSettings = SheetSettings()
    ossification: OssificationSettings = OssificationSettings()
    metal: MetalSettings = MetalSettings()
    dental: DentalSettings = DentalSettings()
    devices: DeviceSettings = DeviceSettings()
    contrast: ContrastSettings = ContrastSettings()
    veins: VeinSettings = VeinSettings()
    cavity: CavitySettings = CavitySettings()
    cartilage: CartilageSettings = CartilageSettings()
    head: HeadSettings = HeadSettings()
    ribs: RibSettings = RibSettings()
    vessels: VesselSettings = VesselSettings()
    trunk_arteries: TrunkArterySettings = TrunkArterySettings()
    compartments: CompartmentSettings = CompartmentSettings()
    body_cavity: BodyCavitySettings = BodyCavitySettings()
    skin: SkinSettings = SkinSettings()
    shape: ShapeSettings = ShapeSettings()
    planes: PlaneSettings = PlaneSettings()
    tags: TagSettings = TagSettings()
    agatston: AgatstonSettings = AgatstonSettings()
    measures: MeasureSettings = MeasureSettings()
    radiograph: RadiographSettings = RadiographSettings()
    hand_index: HandIndexSettings = HandIndexSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    outputs: OutputSettings = OutputSettings()


def load_settings(path: str | Path) -> Settings:
    """Read settings from a TOML file; what the file does not name keeps its default.

    Parameters
    ----------
    path : path
        A TOML file with tables named as the fields of :class:`Settings`.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        If the file cannot be read, is not TOML, or names an unknown or impossible value.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be read ({error.strerror}); give a TOML settings file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML ({error}); correct it") from error
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise SettingsError(f"{path}: {first_of(error)}; see 'calciseg info --json'") from error


def with_seg_type(settings: Settings, seg_type: str | None) -> Settings:
    """Return settings with another type of DICOM SEG, or as they are.

    Raises
    ------
    SettingsError
        If there is no such type.
    """
    if seg_type is None:
        return settings
    if seg_type not in get_args(OutputSettings.model_fields["seg_type"].annotation):
        raise SettingsError(f"segmentation type {seg_type!r} is not known; choose binary or labelmap")
    return settings.model_copy(update={"outputs": OutputSettings.model_validate({"seg_type": seg_type})})
