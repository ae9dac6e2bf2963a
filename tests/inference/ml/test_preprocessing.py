"""One picture in many encodings is one array."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from annotations.facs.picture_quality import Quality
from annotations.synthetic import generator, population
from inference.ml.face_detector import find_faces
from inference.ml.facemesh import eyes_of
from inference.ml.preprocessing import load_face, normalise, prepare

RAMP = np.add.outer(np.arange(60), np.arange(90)).astype(np.uint8)


def encoded(picture: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, options.pop("format", "PNG"), **options)
    return buffer.getvalue()


def rotated_by_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 270 degrees
    return encoded(Image.fromarray(np.rot90(RAMP)), exif=exif.tobytes())


TWINS = {
    "rgb": lambda: encoded(Image.fromarray(np.dstack([RAMP] * 3))),
    "16-bit": lambda: encoded(Image.fromarray(RAMP.astype(np.uint16) * 257)),
    "grey with alpha": lambda: encoded(Image.fromarray(RAMP).convert("LA")),
    "rgba": lambda: encoded(Image.fromarray(RAMP).convert("RGBA")),
    "turned by EXIF": rotated_by_exif,
}


@pytest.mark.parametrize("name", TWINS)
def test_twin_gives_the_same_array(name):
    expected = load_face(encoded(Image.fromarray(RAMP)))
    assert expected.shape == (60, 90, 3)
    np.testing.assert_array_equal(load_face(TWINS[name]()), expected)


def test_shape_and_range_are_vgg16s():
    face = prepare(load_face(encoded(Image.fromarray(RAMP))), 64)
    assert face.crop.shape == (64, 64, 3)
    assert normalise(face.crop).dtype == np.float32


def test_picture_without_a_face_says_so():
    face = prepare(load_face(encoded(Image.fromarray(RAMP))), 64)
    assert face.quality is Quality.NO_FACE
    assert face.geometry is None


def test_normalising_is_kerass_own():
    from keras.applications.vgg16 import preprocess_input

    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    np.testing.assert_allclose(normalise(images), preprocess_input(images.astype("float32")))


def test_unreadable_picture_raises():
    with pytest.raises(OSError, match="identify"):
        load_face(b"<html>")


@pytest.fixture(scope="module")
def drawn_face() -> np.ndarray:
    """A peak frame of the demo set, which shows nobody."""
    face = population.sample(11, 4, 4).faces[0]
    return np.asarray(generator.draw_pair(11, face)[1].convert("RGB"))


def test_tilted_shifted_and_smaller_face_gives_the_same_crop(drawn_face):
    straight = prepare(drawn_face, 96)
    picture = Image.fromarray(drawn_face)
    moved = picture.rotate(12, Image.Resampling.BICUBIC, translate=(30, -10)).resize((512, 392))
    tilted = prepare(np.asarray(moved), 96)
    assert straight.quality is tilted.quality is Quality.GOOD
    np.testing.assert_allclose(straight.geometry, tilted.geometry, atol=0.12)
    middle = slice(24, 80)
    difference = straight.crop[middle, middle].astype(float) - tilted.crop[middle, middle]
    assert np.abs(difference).mean() < 8


@pytest.mark.parametrize(
    ("framing", "apart", "down"), [("tight", 0.36, 0.32), ("wide", 0.28, 0.36)]
)
def test_eyes_lie_where_they_should(drawn_face, framing, apart, down):
    """Found again in the crop, they are where the framing puts them."""
    crop = prepare(drawn_face, 400, framing).crop
    (face,) = find_faces(crop)
    right, left = eyes_of(face.points) / 400
    np.testing.assert_allclose(left - right, (apart, 0), atol=0.015)
    np.testing.assert_allclose((left + right) / 2, (0.5, down), atol=0.015)
    assert face.points[152, 1] < 400  # with the chin


def test_crop_goes_on_beyond_the_picture(drawn_face):
    """A picture that is cut at the cheek leaves no black wedge, at any angle."""
    left = round(prepare(drawn_face, 64).detection.box[0])
    picture = Image.fromarray(drawn_face[:, left:]).rotate(8, Image.Resampling.BICUBIC, expand=True)
    bright = np.maximum(np.asarray(picture.crop((40, 60, *picture.size))), 40)
    face = prepare(bright, 96, "wide")
    assert face.detection.corners[:, 0].min() < 0
    assert face.crop.min() >= 40


def test_a_dropped_jaw_stays_in_the_crop():
    """The mouth whole, and the chin but for its tip, of faces with AU26 or AU27."""
    for face in population.sample(11, 30, 60).faces:
        if not {26, 27} & set(face.strengths):
            continue
        _, peak = generator.draw_pair(11, face)
        picture = np.asarray(peak.convert("RGB"))
        (found,) = find_faces(picture)
        middle, across = (
            eyes_of(found.points).mean(axis=0),
            np.diff(eyes_of(found.points), axis=0)[0],
        )
        corners = prepare(picture, 64).detection.corners
        below = (corners[3] - middle) @ [-across[1], across[0]] / (across @ across)
        chin = (found.points[152, :2] - middle) @ [-across[1], across[0]] / (across @ across)
        lip = (found.points[17, :2] - middle) @ [-across[1], across[0]] / (across @ across)
        assert lip < below - 0.3
        assert chin < below + 0.15
        break


def test_corners_are_the_crops(drawn_face):
    """Cutting the picture at the corners gives the crop again."""
    face = prepare(drawn_face, 96)
    upper_left, _, lower_right, lower_left = face.detection.corners
    quad = (*upper_left, *lower_left, *lower_right, *face.detection.corners[1])
    cut = Image.fromarray(drawn_face).transform(
        (96, 96), Image.Transform.QUAD, tuple(map(float, quad)), Image.Resampling.BILINEAR
    )
    assert np.abs(np.asarray(cut, dtype=float) - face.crop).mean() < 6
    assert face.detection.points.shape == (468, 2)


def test_tight_crop_is_still_found(drawn_face):
    left, top, right, bottom = (round(edge) for edge in prepare(drawn_face, 64).detection.box)
    assert prepare(drawn_face[top:bottom, left:right], 64).quality is not Quality.NO_FACE


@pytest.mark.parametrize(
    ("spoil", "quality"),
    [
        (lambda image: (image * 0.1).astype(np.uint8), Quality.DARK),
        (lambda image: np.concatenate([image, image], axis=1), Quality.SEVERAL_FACES),
        (
            lambda image: np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(12))),
            Quality.BLURRED,
        ),
        (
            lambda image: np.asarray(Image.fromarray(image).resize((120, 92))),
            Quality.TINY,
        ),
    ],
    ids=["dark", "several", "blurred", "tiny"],
)
def test_hard_picture_is_told_apart(drawn_face, spoil, quality):
    assert prepare(spoil(drawn_face), 96).quality is quality
