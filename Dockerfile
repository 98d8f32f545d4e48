# The same steps run without a container engine in deploy/check_image_steps.sh; change both together.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY deploy/ deploy/
RUN deploy/create_environment.sh /opt/icu-twin deploy/runtime.lock
COPY pyproject.toml README.md LICENSE ./
COPY service/ service/
COPY fhir_mapping/ fhir_mapping/
COPY cds_cards/ cds_cards/
COPY twin_engine/ twin_engine/
COPY demo/ demo/
RUN deploy/install_project.sh /opt/icu-twin

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="icu-twin" \
      org.opencontainers.image.description="CDS Hooks service that tests ICU orders on a digital twin of the patient" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 icu-twin \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin icu-twin \
 && install -d -o 10001 -g 10001 /var/lib/icu-twin
COPY --from=build /opt/icu-twin /opt/icu-twin
COPY deploy/healthcheck.py /opt/icu-twin/healthcheck.py
ENV PATH=/opt/icu-twin/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    OMP_NUM_THREADS=1
USER 10001:10001
WORKDIR /var/lib/icu-twin
# The only directory written to; the rest of the file system may be mounted read-only.
VOLUME /var/lib/icu-twin
EXPOSE 8040
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s \
  CMD ["/opt/icu-twin/bin/python", "/opt/icu-twin/healthcheck.py"]
ENTRYPOINT ["icu-twin"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8040"]
