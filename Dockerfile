# docker build -t ml-api .
# docker run -p 8000:8000 ml-api
#
# docs/image.md says what each stage is for. RECIPE is the path of your own recipe; where it uses
# LightGBM, XGBoost or CatBoost, REQUIREMENTS=requirements-boosters.txt installs these too.

# An index of images for amd64, arm64 and others.
ARG PYTHON_IMAGE=python:3.13.15-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

FROM ${PYTHON_IMAGE} AS base
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONHASHSEED=0
WORKDIR /src

FROM base AS build
COPY requirements-build.txt requirements-boosters.txt ./
ARG REQUIREMENTS=requirements-build.txt
RUN python3 -m venv /venv && /venv/bin/pip install --no-compile --require-hashes -r "${REQUIREMENTS}"
# LightGBM looks for OpenMP in the system, where slim images have none; scikit-learn brings it.
RUN ln -s /venv/lib/python3*/site-packages/scikit_learn.libs/libgomp-*.so* /usr/lib/libgomp.so.1
COPY . .
ARG RECIPE=export/recipes/iris.py
RUN /venv/bin/python -m export --out /artifacts "${RECIPE}"

FROM base AS rootfs
COPY requirements-runtime.txt ./
RUN python3 -m pip install --no-compile --require-hashes --target /site -r requirements-runtime.txt
COPY image image
COPY runtime runtime
ARG SOURCE_DATE_EPOCH=0
RUN python3 -m image.rootfs /site runtime /rootfs

# The export wrote the artifact only because it answers as scikit-learn does. Here the file
# system that is shipped replays the golden rows: where it disagrees, there is no image.
FROM scratch AS test
COPY --from=rootfs /rootfs /
COPY --from=build /artifacts /opt/skiff/artifacts
RUN ["/opt/skiff/bin/python3", "-I", "-S", "-m", "runtime", "check", "/opt/skiff/artifacts"]

FROM scratch AS runtime
COPY --from=rootfs /rootfs /
COPY --from=test /opt/skiff/artifacts /opt/skiff/artifacts
ENV HOST=0.0.0.0 \
    PORT=8000 \
    ARTIFACTS=/artifacts \
    FALLBACK_ARTIFACTS=/opt/skiff/artifacts \
    OPENBLAS_NUM_THREADS=1 \
    ORT_DISABLE_TELEMETRY=1
LABEL org.opencontainers.image.title=skiff \
    org.opencontainers.image.licenses=Apache-2.0
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/opt/skiff/bin/python3", "-I", "-S", "-m", "runtime.probe"]
ENTRYPOINT ["/opt/skiff/bin/python3", "-I", "-S", "-m", "runtime"]
CMD ["serve"]
