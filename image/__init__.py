"""How the runtime image is made: its file system, its bill of materials, its checks.

Standard library only: `rootfs` and `sbom` run in the image's build.
"""
