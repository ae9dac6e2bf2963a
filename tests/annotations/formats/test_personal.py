"""Which codes and file names are taken for a person's name or date, and which are not."""

import random
import uuid

import pytest

from annotations.formats.personal import Suspects, looks_personal, warnings_of

#: As participants of real studies were filed; the people are made up.
PERSONAL = (
    "anna", "Anna", "p03_maria.png", "SchmidtPeter", "Mueller_Koenig.jpg", "Aaron_Eckhart_0001.jpg",
    "yuki-02", "O_Brien_Siobhan.png", "Nowak Kowalska.jpg", "MOHAMMED_4", "fatima_neutral.png",
    "ErikaMustermann01.png", "1987-03-12", "p07_12.03.1987.png", "subj_19870312", "31121999",
    "S01_1.1_24.12.87.png", "IMG_20240131_101500.jpg",
)  # fmt: skip

#: Names as data sets give them: CK, CK+, JAFFE, KDEF, RaFD, BU-4DFE, BP4D, DISFA, MMI, FER-2013,
#: AffectNet, NimStim, CASME II, SAMM, CFD, BioVid, Oulu-CASIA; cameras; and usual ids.
IMPERSONAL = (
    "S005", "s999", "S005_001_00000011.png", "S010_004_00000019", "S130_013", "unknown",
    "KA.AN1.39.tiff", "YM.HA3.54.tiff", "AF01AFS.JPG", "BM35SUHR.JPG",
    "Rafd090_01_Caucasian_female_angry_frontal.jpg", "F0001_AN01WH", "M018_T8", "SN001",
    "LeftVideoSN001_comp", "S002-001", "fer0000042.png", "0a3f2c.png", "00001.jpg",
    "01F_AN_C.BMP", "45M_SP_O.bmp", "sub01", "EP02_01f", "006_1_2", "CFD-WF-001-003-N.jpg",
    "071309_w_21", "P001_Happiness", "IMG_1234.JPG", "DSC01234.jpg", "DSCN0042.png", "GOPR0021.JPG",
    "P0001", "P-0012", "participant-03", "Subject_12", "SubjectTwo_Frame07", "Face_001.png",
    "Test_Image_3.png", "HappyFace2.png", "Neutral_Front.png", "person 7", "Proband_Control_11",
    "frame_000123.png", "video1_00000042.png", "A1B2C3", "x.png", "a.jpg", "face-12-au4.png",
    "Session2_Trial_05", "apex_03", "group-b_017", "20240", "99999999", "12345678", "crop.png",
)  # fmt: skip


@pytest.mark.parametrize("name", PERSONAL)
def test_names_and_dates_are_noticed(name):
    assert looks_personal(name)


@pytest.mark.parametrize("name", IMPERSONAL)
def test_ids_of_data_sets_are_not(name):
    assert looks_personal(name) == ""


def test_no_name_of_ckplus_is_ever_meant():
    """All 999 codes; and sequences with every frame number that CK+'s eight digits could have."""
    frames = [*range(1, 72), 19_870_312, 31_121_999, 20_240_131]
    for subject in range(1, 1000):
        assert looks_personal(f"S{subject:03d}") == ""
        for frame in frames:
            assert looks_personal(f"S{subject:03d}_001_{frame:08d}.png") == ""


def test_false_alarms_on_ids_made_by_chance_are_rare():
    """Eight digits are a day once in some 700; hexadecimal ids next to never."""
    chance = random.Random(7)
    digits = sum(bool(looks_personal(f"{chance.randrange(10**8):08d}")) for _ in range(20_000))
    assert digits / 20_000 < 0.003
    ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(5_000)]
    assert sum(bool(looks_personal(each)) for each in ids) <= 5
    assert not any(looks_personal(each.replace("-", "")) for each in ids)


def test_sentences_count_each_once_and_show_the_first():
    suspects = Suspects()
    for _ in range(2):
        for number, name in enumerate(("anna", "maria", "peter", "paul")):
            suspects.look_at(name, f"{number}.png")
    (told,) = suspects.sentences()
    assert told.startswith("4 subjects’ codes may tell who somebody is: anna (the name “anna”), ")
    assert "paul" not in told
    assert warnings_of("S005", "S005_001_00000011.png") == []
    (told,) = warnings_of("S005", "C:\\photos\\maria.png")
    assert told.startswith("1 file’s name may tell who somebody is: maria.png (the name “maria”)")
