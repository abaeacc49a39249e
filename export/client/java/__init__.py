"""Clients in Java 17: `<Name>Client.java` calls the service, `<Name>Model.java` runs the file.

Both use Jackson; the second also com.microsoft.onnxruntime:onnxruntime.
"""

from export.client.java.local import local
from export.client.java.service import service
from export.client.names import escaped, pascal
from runtime.manifest import Manifest


def generate(manifest: Manifest) -> dict[str, str]:
    """Return the text of each file by its name."""
    name = pascal(manifest.name)
    return {
        f"{name}Client.java": escaped(service(manifest, name)),
        f"{name}Model.java": escaped(local(manifest, name)),
    }
