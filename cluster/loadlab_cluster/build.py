"""Builds the images with buildah and puts them into the nodes' containerd.

No engine and no registry is needed. Only layers that containerd lacks travel, so a change of the
program costs seconds.
"""

import shutil
import tempfile
from pathlib import Path

from loadlab_cluster.builds import buildah
from loadlab_cluster.commands import WORK_SECONDS, Argument, read_output, run_logged
from loadlab_cluster.containerd import Store, embedded_containerd
from loadlab_cluster.debian import IMAGE_PROGRAMS, ensure_packages
from loadlab_cluster.errors import ClusterError
from loadlab_cluster.go_builds import ensure_go_program
from loadlab_cluster.images import (
    BASE,
    K6_BINARY,
    Image,
    KeyFile,
    base_image,
    ground_key,
    program_key,
    project_images,
    python_image,
    sample_images,
    standin_images,
)
from loadlab_cluster.oci import write_delta_archive
from loadlab_cluster.own_image import OwnImage, with_stand_ins
from loadlab_cluster.pip_settings import pip_volumes
from loadlab_cluster.program_layer import (
    build_program_layer,
    can_write_layer,
    write_exchanged_image,
)
from loadlab_cluster.settings import Settings
from loadlab_cluster.terminal import say, step

DEBIAN_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
BASE_PACKAGES = "python3,python3-venv,ca-certificates"
# What no container reads: it would be a third of the image.
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def embedded_builder(settings: Settings) -> "ImageBuilder":
    """The one of the embedded node."""
    loaded = settings.containerd_root / "loadlab-keys.json"
    return ImageBuilder(settings, embedded_containerd(settings), loaded)


class ImageBuilder:
    """Builds what changed and loads it into the node."""

    def __init__(self, settings: Settings, store: Store, loaded: Path) -> None:
        """`loaded` is the file that says what is in the store."""
        self._settings = settings
        self._store = store
        self._built = KeyFile(settings.buildah_root / "loadlab-keys.json")
        self._loaded = KeyFile(loaded)

    def build_and_load(self) -> None:
        """Bring every image of the node up to date."""
        self._refuse_without_node()
        ensure_packages(IMAGE_PROGRAMS, self._settings)
        base_key = self._ensure_base()
        fresh = [self._ensure(image, base_key) for image in standin_images(self._settings.versions)]
        own = (*project_images(), *sample_images())
        fresh += [self._ensure(image, base_key) for image in own]
        say(f"✓ {len(fresh)} images are on the node, {sum(fresh)} of them new")

    def build_own(self, own: OwnImage) -> None:
        """Build a folder of the user's own and load it: what it stands on must be one of ours."""
        recipe = with_stand_ins(own.recipe.read_text(), where=str(own.recipe))
        self._refuse_without_node()
        ensure_packages(IMAGE_PROGRAMS, self._settings)
        self._ensure_python(self._ensure_base())
        with (
            step(f"Build and load {own.reference}", first=30, again=10),
            tempfile.TemporaryDirectory(dir=self._settings.cache) as folder,
        ):
            rewritten = Path(folder) / "Dockerfile"
            rewritten.write_text(recipe)
            options: list[Argument] = ["--isolation=chroot", "--layers", "--pull=never"]
            volumes = [f"--volume={each}" for each in pip_volumes(self._settings.cache)]
            options += [*volumes, "-t", own.reference, "-f", rewritten]
            log = self._settings.logs / f"image-own-{own.log_name}.log"
            run_logged(self._buildah("bud", *options, own.folder), log)
            self._load(own.reference)

    def _refuse_without_node(self) -> None:
        if not self._store.answers():
            raise ClusterError("the node does not run, so no image can be loaded: `make up` first")

    def _ensure_python(self, base_key: str) -> None:
        """The stand-in for the official Python image: only images of the user's own need it."""
        image = python_image()
        key = ground_key(image, base_key)
        if self._built.read().get(image.reference) != key:
            with step("Build the Python image from the base image", first=5, again=0):
                self._build(image)
            self._built.write(image.reference, key)

    def _ensure_base(self) -> str:
        image = base_image()
        key = ground_key(image)
        if self._built.read().get(image.reference) != key:
            with step("Build the base image from Debian", first=image.first_seconds, again=0):
                self._build_base(image)
            self._built.write(image.reference, key)
        return key

    def _build_base(self, image: Image) -> None:
        with tempfile.TemporaryDirectory(dir=self._settings.cache) as folder:
            context = Path(folder)
            log = self._settings.logs / "image-base.log"
            exclude = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
            suite = self._settings.versions["DEBIAN"]
            sources = [DEBIAN_SOURCES] if DEBIAN_SOURCES.exists() else []
            command = ["mmdebstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", *exclude]
            run_logged([*command, suite, context / "base.tar", *sources], log)
            shutil.copy(image.dockerfile, context / "Dockerfile")
            run_logged(self._buildah("bud", "--isolation=chroot", "-t", BASE, context), log)

    def _ensure(self, image: Image, base_key: str) -> bool:
        """Build and load one image unless that was done; says whether there was anything to do."""
        below = [base_key]
        if image.name == "k6":
            below.append(ensure_go_program("k6", self._settings).name)
        ground, program = ground_key(image, *below), program_key(image)
        known = self._loaded.read().get(image.reference, "/").split("/")
        if image.reference not in self._store.images():
            known = ["", ""]
        if known == [ground, program]:
            return False
        if known[0] == ground and image.program and can_write_layer(image.program):
            with step(f"Exchange the program in {image.reference}", first=1, again=1):
                self._exchange_program(image, image.program)
        else:
            with step(f"Build and load {image.reference}", first=image.first_seconds, again=10):
                self._build(image)
                self._load(image.reference)
        self._loaded.write(image.reference, f"{ground}/{program}")
        return True

    def _exchange_program(self, image: Image, program: Path) -> None:
        manifest, config = self._store.read_image(image.reference)
        layer = build_program_layer(program, image.place)
        with tempfile.TemporaryDirectory(dir=self._settings.cache) as folder:
            archive = Path(folder) / "exchanged.tar"
            write_exchanged_image(
                manifest, config, layer=layer, name=image.reference, target=archive
            )
            self._store.load(archive)

    def _build(self, image: Image) -> None:
        log = self._settings.logs / f"image-{image.name}.log"
        options: list[Argument] = ["--isolation=chroot", "--layers", "-t", image.reference]
        arguments = {"BASE_IMAGE": BASE}
        if image.name == "k6":
            self._build_k6_binary(log)
            arguments["K6_BINARY"] = K6_BINARY
        options += [f"--build-arg={name}={value}" for name, value in arguments.items()]
        if image.target:
            # Only where pip runs: the postgres package's ssl-cert writes to /etc/ssl/certs.
            volumes = pip_volumes(self._settings.cache)
            options += [f"--target={image.target}", *(f"--volume={each}" for each in volumes)]
        command = self._buildah("bud", *options, "-f", image.dockerfile, image.context)
        run_logged(command, log)

    def _build_k6_binary(self, log: Path) -> None:
        """An image of /k6 alone: the Dockerfile takes it instead of compiling in a Go image."""
        with tempfile.TemporaryDirectory(dir=self._settings.cache) as folder:
            context = Path(folder)
            shutil.copy(ensure_go_program("k6", self._settings), context / "k6")
            (context / "Dockerfile").write_text("FROM scratch\nCOPY k6 /k6\n")
            run_logged(self._buildah("bud", "--layers", "-t", K6_BINARY, context), log)

    def _load(self, reference: str) -> None:
        with tempfile.TemporaryDirectory(dir=self._settings.cache) as folder:
            pushed, archive = Path(folder) / "image", Path(folder) / "delta.tar"
            push = ("push", "-q", "--format=oci", "--disable-compression")
            read_output(self._buildah(*push, reference, f"dir:{pushed}"), seconds=WORK_SECONDS)
            write_delta_archive(pushed, reference, self._store.blobs(), archive)
            self._store.load(archive)

    def _buildah(self, *words: Argument) -> list[Argument]:
        return buildah(self._settings, *words)
