"""Holds an answer, as it came over the service, against AWS's own service model.

botocore reads answers leniently: what it doesn't know it ignores, and what is missing it leaves out. Here both are
problems, and so are values that aren't of their type, members of an enumeration that it doesn't have, and times that
can't be read.
"""

import base64
import json
import xml.etree.ElementTree as ElementTree

import botocore.utils
import botocore.validate

# Values that AWS answers although its model doesn't list them.
UNLISTED = {
    # The model has "Available", the service answers "available", as in the examples of DescribeVpcEndpoints.
    "ec2 State": {"pending", "available", "deleting", "deleted", "rejected", "failed", "expired", "pendingacceptance"},
}

# Members that the wire has beside those of the model. EC2 tells success by "return" even where the model doesn't know
# it: see the examples of CreateSecurityGroup and CreateTags in its API reference.
BESIDES = {"requestId", "RequestId", "return"}


def problems(operation, body, parsed):
    """What is wrong with a good answer: a list of sentences, empty at best."""
    shape = operation.output_shape
    protocol = operation.service_model.protocol
    found = []
    if protocol == "rest-json":
        _json(shape, _read_json(body, shape, found), operation.name, found)
    else:
        _xml(shape, _result(operation, body, found), operation.service_model.service_name, operation.name, found)
    if shape is not None:
        members = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        report = botocore.validate.ParamValidator().validate(members, shape)
        if report.has_errors():
            found.append(f"{operation.name}: {report.generate_report()}")
    return found


def _read_json(body, shape, found):
    if not body and (shape is None or not shape.required_members):
        return {}
    try:
        return json.loads(body)
    except ValueError as error:
        found.append(f"the body isn't JSON: {error}")
        return {}


def _body_members(shape):
    return ((name, member) for name, member in shape.members.items() if "location" not in member.serialization)


def _json(shape, value, where, found):
    if shape is None:
        if value:
            found.append(f"{where} has no members, but the answer is {value}")
    elif shape.type_name == "structure":
        _json_structure(shape, value, where, found)
    elif shape.type_name == "list":
        for index, item in enumerate(_of_type(value, list, where, found) or []):
            _json(shape.member, item, f"{where}[{index}]", found)
    elif shape.type_name == "map":
        for key, item in (_of_type(value, dict, where, found) or {}).items():
            _json(shape.key, key, f"{where} key", found)
            _json(shape.value, item, f"{where}.{key}", found)
    elif shape.type_name == "string":
        text = _of_type(value, str, where, found)
        if text is not None and shape.enum and text not in shape.enum:
            found.append(f"{where}: {text!r} is none of {shape.enum}")
    elif shape.type_name == "timestamp":
        # The JSON protocols write time as seconds since 1970, unless the model says otherwise.
        if "timestampFormat" in shape.serialization:
            _time(value, where, found)
        else:
            _of_type(value, (int, float), where, found)
    elif shape.type_name == "blob":
        _of_type(value, str, where, found)
    elif shape.type_name == "boolean":
        _of_type(value, bool, where, found)
    elif shape.type_name in ("integer", "long"):
        _of_type(value, int, where, found)
    else:
        _of_type(value, (int, float), where, found)


def _json_structure(shape, value, where, found):
    if _of_type(value, dict, where, found) is None:
        return
    members = {member.serialization.get("name", name): (name, member) for name, member in _body_members(shape)}
    for key, item in value.items():
        if key in members:
            _json(members[key][1], item, f"{where}.{members[key][0]}", found)
        else:
            found.append(f"{where}: the model has no member {key!r}")
    present = {members[key][0] for key in value if key in members}
    found.extend(f"{where} lacks {name}" for name in shape.required_members if name not in present)


def _of_type(value, kind, where, found):
    # A boolean is an integer to Python, but not to AWS.
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    found.append(f"{where}: {value!r} has the wrong type")
    return None


def _result(operation, body, found):
    """The element that holds the members, once everything around it is right."""
    root = ElementTree.fromstring(body)
    namespace, name = root.tag[1:].split("}") if root.tag.startswith("{") else ("", root.tag)
    if name != f"{operation.name}Response":
        found.append(f"{operation.name}: the answer is a {name}")
    metadata = operation.service_model.metadata
    wanted = metadata.get("xmlNamespace", f"http://ec2.amazonaws.com/doc/{metadata['apiVersion']}/")
    if namespace.rstrip("/") != wanted.rstrip("/"):
        found.append(f"{operation.name}: the namespace is {namespace!r}, not {wanted!r}")
    wrapper = operation.output_shape.serialization.get("resultWrapper") if operation.output_shape else None
    if wrapper is None:
        return root
    results = [child for child in root if _name(child) == wrapper]
    others = {_name(child) for child in root} - {wrapper, "ResponseMetadata"}
    if len(results) != 1 or others:
        found.append(f"{operation.name}: {len(results)} of {wrapper}, and {sorted(others)}")
    return results[0] if results else ElementTree.Element(wrapper)


def _name(element):
    return element.tag.split("}")[-1]


def _xml(shape, element, service, where, found):
    if shape is None:
        unknown = {_name(child) for child in element} - BESIDES - {"ResponseMetadata"}
        found.extend(f"{where}: the model has no member {name}" for name in unknown)
    elif shape.type_name == "structure":
        _xml_structure(shape, element, service, where, found)
    elif shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        for index, item in enumerate(element):
            if _name(item) != name:
                found.append(f"{where}: an item is called {_name(item)}, not {name}")
            _xml(shape.member, item, service, f"{where}[{index}]", found)
    elif len(element):
        found.append(f"{where}: elements inside a {shape.type_name}")
    else:
        _scalar(shape, element.text or "", service, where, found)


def _xml_structure(shape, element, service, where, found):
    members = {}
    for name, member in shape.members.items():
        flattened = member.type_name == "list" and member.serialization.get("flattened")
        wired = (member.member if flattened else member).serialization.get("name", name)
        members[wired] = (name, member.member if flattened else member, flattened)
    seen = set()
    for child in element:
        wired = _name(child)
        if wired not in members:
            if wired not in BESIDES:
                found.append(f"{where}: the model has no member {wired}")
            continue
        name, member, flattened = members[wired]
        if name in seen and not flattened:
            found.append(f"{where}: {name} is there twice")
        seen.add(name)
        _xml(member, child, service, f"{where}.{name}", found)
    if (element.text or "").strip():
        found.append(f"{where}: text {element.text!r} inside a structure")
    found.extend(f"{where} lacks {name}" for name in shape.required_members if name not in seen)


def _scalar(shape, text, service, where, found):
    if shape.type_name == "string" and not _listed(shape, text, service):
        found.append(f"{where}: {text!r} is none of {shape.enum}")
    elif shape.type_name == "boolean" and text not in ("true", "false"):
        found.append(f"{where}: {text!r} is no boolean")
    elif shape.type_name in ("integer", "long") and not text.lstrip("-").isdigit():
        found.append(f"{where}: {text!r} is no whole number")
    elif shape.type_name == "timestamp":
        _time(text, where, found)
    elif shape.type_name == "blob":
        base64.b64decode(text, validate=True)


def _listed(shape, text, service):
    return not shape.enum or text in shape.enum or text in UNLISTED.get(f"{service} {shape.name}", ())


def _time(text, where, found):
    try:
        botocore.utils.parse_timestamp(text)
    except (ValueError, TypeError):
        found.append(f"{where}: {text!r} is no time")
