from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inference.artefact_copies import at_hand, share_version
from inference.artefacts import bucket
from inference.ml.artifact import load_manifest
from inference.ml.artifact_files import ArtifactError
from inference.ml.predictor_parts import graphs_of
from inference.models import ModelVersion


class Command(BaseCommand):
    help = (
        "Put models that lie on this machine into the bucket (S3_BUCKET), with graphs for the "
        "runtime of this version of facsweb: after an upgrade, or once there is a bucket. It needs "
        "requirements-train.txt where graphs have to be made."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if bucket() is None:
            raise CommandError("S3_BUCKET names no bucket: models lie in MODELS_ROOT alone.")
        failed = 0
        for version in ModelVersion.objects.order_by("pk"):
            try:
                folder = at_hand(version)
                manifest = load_manifest(folder, version.sha256)
                graphs_of(folder, manifest.network_sha256)
                share_version(version)
            except (ArtifactError, OSError) as error:
                self.stderr.write(f"{version}: {error}")
                failed += 1
            else:
                self.stdout.write(f"{version}: in the bucket")
        if failed:
            raise CommandError(f"{failed} couldn't be shared; what is wrong with each is above.")
