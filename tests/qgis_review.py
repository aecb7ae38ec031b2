"""What QGIS makes of a review file; run by the system's Python, as QGIS is not in this one.

``inspect FILE``: one line of JSON on layers, styles, form and project.
``render FILE PNG [LAYER,...]``: a map of the project, or of some of its layers.
``edit FILE JSON``: writes cells through QGIS's own API and saves, says ``saved`` and keeps the file
open until a line comes on standard input. JSON: [[building, service, department, {field: value}]].

To be edited, FILE may be the address of a database with ``?schema=...&table=...``; what it refuses
ends the script.
"""

import json
import os
import sys
from urllib.parse import parse_qs, urlparse

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "*=false")

from qgis.core import (  # type: ignore[import-not-found]
    QgsApplication,
    QgsDataSourceUri,
    QgsFeatureRequest,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
from qgis.PyQt.QtGui import QColor, QImage, QPainter  # type: ignore[import-not-found]

WIDTH, HEIGHT = 1400, 1000


def layer_of(path, name):
    """A layer as QGIS adds it from the file or database: with its default style."""
    if path.startswith("postgresql:"):
        at = urlparse(path)
        asked = {key: values[0] for key, values in parse_qs(at.query).items()}
        source = QgsDataSourceUri()
        source.setConnection(at.hostname, str(at.port), at.path[1:], at.username, "")
        source.setDataSource(asked["schema"], asked["table"], "geom", "", "fid")
        layer = QgsVectorLayer(source.uri(False), name, "postgres")
    else:
        layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    if not layer.isValid():
        raise SystemExit(f"{name} is not valid")
    said, worked = layer.loadDefaultStyle()
    if not worked:
        raise SystemExit(f"{name}: {said}")
    return layer


def project_of(path):
    project = QgsProject.instance()
    if not project.read(f"geopackage:{path}?projectName=review"):
        raise SystemExit(f"no project: {project.error()}")
    return project


def described(layer):
    config = layer.editFormConfig()
    fields = {}
    for i, field in enumerate(layer.fields()):
        setup = layer.editorWidgetSetup(i)
        constraints = field.constraints()
        own = config.dataDefinedFieldProperties(field.name())
        unlocked = own.property(0).expressionString() if own.hasActiveProperties() else ""
        for key in own.propertyKeys():
            unlocked = own.property(key).expressionString()
        fields[field.name()] = {
            "alias": layer.attributeAlias(i),
            "type": field.typeName(),
            "widget": setup.type(),
            "config": setup.config(),
            "read_only": config.readOnly(i),
            "unlocked_where": unlocked,
            "constraint": constraints.constraintExpression(),
            "strength": int(constraints.constraintStrength(4)),
            "default": field.defaultValueDefinition().expression(),
            "on_update": field.defaultValueDefinition().applyOnUpdate(),
        }
    renderer = layer.renderer()
    kind = renderer.type() if renderer else ""
    if kind == "pointDisplacement":
        renderer = renderer.embeddedRenderer()
    entries = []
    if kind and hasattr(renderer, "categories"):
        entries = [[str(c.value()), c.label()] for c in renderer.categories()]
    elif kind and hasattr(renderer, "ranges"):
        entries = [[str(r.lowerValue()), r.label()] for r in renderer.ranges()]
    return {
        "fields": fields,
        "renderer": kind,
        "entries": entries,
        "labels": layer.labelsEnabled(),
        "crs": layer.crs().authid(),
        "rows": layer.featureCount(),
        "tabs": [tab.name() for tab in config.tabs()],
        "abstract": layer.metadata().abstract(),
    }


def inspect(path):
    found = {"layers": {}, "project": {}}
    for name in (
        "review",
        "candidates",
        "facilities",
        "demand",
        "allocation",
        "reach_areas",
        "zones",
        "rule_checks",
        "siting_review",
    ):
        found["layers"][name] = described(layer_of(path, name))
    project = project_of(path)
    tree = project.layerTreeRoot()
    found["project"] = {
        "title": project.title(),
        "crs": project.crs().authid(),
        "valid": {layer.name(): layer.isValid() for layer in project.mapLayers().values()},
        "groups": {g.name(): [n.name() for n in g.findLayers()] for g in tree.children()},
        "visible": [n.name() for n in tree.findLayers() if n.isVisible()],
        "layers": {layer.name(): described(layer) for layer in project.mapLayers().values()},
        "sources": [layer.source() for layer in project.mapLayers().values()],
    }
    return found


def render(path, picture, names):
    project = project_of(path)
    layers = [
        node.layer()
        for node in project.layerTreeRoot().findLayers()
        if (
            node.layer().source().split("layername=")[1].split("|")[0] in names
            if names
            else node.isVisible()
        )
        and node.layer().isSpatial()
    ]
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(WIDTH, HEIGHT))
    settings.setOutputDpi(110)
    settings.setDestinationCrs(project.crs())
    settings.setExtent(project.viewSettings().defaultViewExtent())
    settings.setTransformContext(project.transformContext())
    settings.setPathResolver(project.pathResolver())
    image = QImage(QSize(WIDTH, HEIGHT), QImage.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    job = QgsMapRendererCustomPainterJob(settings, painter)
    job.start()
    job.waitForFinished()
    errors = [f"{error.layerID}: {error.message}" for error in job.errors()]
    painter.end()
    image.save(picture)
    return {"layers": [layer.name() for layer in layers], "errors": errors}


def edit(path, edits):
    layer = layer_of(path, "review")
    if not layer.startEditing():
        raise SystemExit("cannot be edited")
    for building, service, department, cells in edits:
        wanted = (
            f"\"building_id\" = '{building}' AND \"service_id\" = '{service}' "
            f"AND \"department\" = '{department}'"
        )
        (feature,) = list(layer.getFeatures(QgsFeatureRequest().setFilterExpression(wanted)))
        for name, value in cells.items():
            layer.changeAttributeValue(feature.id(), layer.fields().indexOf(name), value)
    if not layer.commitChanges(False):
        raise SystemExit("; ".join(layer.commitErrors()))
    next(layer.getFeatures())  # so that the file is being read as well as open to be edited
    return layer


def main():
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    messages = []
    application.messageLog().messageReceived.connect(
        lambda text, tag, level: messages.append([int(level), tag, text])
    )
    application.initQgis()
    command, path, *rest = sys.argv[1:]
    answer = {}
    if command == "inspect":
        answer = inspect(path)
    elif command == "render":
        answer = render(path, rest[0], rest[1].split(",") if rest[1:] else [])
    else:
        layer = edit(path, json.loads(rest[0]))
        print("saved", flush=True)  # noqa: T201
        sys.stdin.readline()
        answer = described(layer)
    answer["messages"] = [m for m in messages if m[0] > 0]
    print(json.dumps(answer, default=str), flush=True)  # noqa: T201
    sys.stdout.flush()
    os._exit(0)  # QGIS may corrupt its heap at exit


main()
