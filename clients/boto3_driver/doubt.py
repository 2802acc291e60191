"""A checker that never objects proves nothing: answers that are wrong on purpose."""

from . import shapes

EC2 = (
    '<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><vpcSet>{}</vpcSet></DescribeVpcsResponse>'
)
XML = [
    ("<item><isDefault>yes</isDefault></item>", "no boolean"),
    ("<item><colour>red</colour></item>", "no member colour"),
    ("<item><state>sleepy</state></item>", "none of"),
    ("<item><vpcId>a</vpcId><vpcId>b</vpcId></item>", "twice"),
    ("<member><vpcId>a</vpcId></member>", "called member"),
    ("<item>text</item>", "text"),
]
JSON = [
    ('{"id": 7}', "wrong type"),
    ('{"status": "SLEEPY"}', "none of"),
    ('{"colour": "red"}', "no member 'colour'"),
    ('{"tags": ["a"]}', "wrong type"),
    ('{"name": null}', "wrong type"),
    ("{", "isn't JSON"),
]


def objections(aws):
    """Each must be found out, and the good ones left in peace."""
    describe = aws.ec2.meta.service_model.operation_model("DescribeVpcs")
    link = aws.api.meta.service_model.operation_model("GetVpcLink")
    cases = [(describe, EC2.format(body), words) for body, words in XML] + [(link, body, words) for body, words in JSON]
    for operation, body, words in cases:
        found = " ".join(shapes.problems(operation, body, {}))
        aws.expect(words in found, "objections", f"{body} was answered by {found!r}")
    for operation, body in [(describe, EC2.format("<item><vpcId>a</vpcId></item>")), (link, '{"id": "a"}')]:
        found = shapes.problems(operation, body, {})
        aws.expect(not found, "objections", f"{body} was answered by {found!r}")


SCENES = [objections]
