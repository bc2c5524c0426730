"""What is left out of a template before LocalStack gets it."""

from livecode_localstack.conditions import remove_disabled

TEMPLATE = {
    "Conditions": {
        "OnAws": {"Fn::Equals": [{"Ref": "Platform"}, "aws"]},
        "HasUrl": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Url"}, ""]}]},
        "Own": {"Fn::And": [{"Condition": "OnAws"}, {"Condition": "HasUrl"}]},
        "Either": {"Fn::Or": [{"Condition": "OnAws"}, {"Condition": "HasUrl"}]},
    },
    "Resources": {
        "Cluster": {"Type": "AWS::RDS::DBCluster", "Condition": "Own"},
        "Key": {"Type": "AWS::KMS::Key", "Condition": "Either"},
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "Tags": {"Fn::If": ["Own", {"Ref": "Cluster"}, {"Ref": "AWS::NoValue"}]},
                "Url": {"Fn::If": ["HasUrl", {"Fn::If": ["OnAws", 1, 2]}, 3]},
            },
        },
    },
    "Outputs": {"Id": {"Condition": "Own", "Value": {"Ref": "Cluster"}}},
}


def test_leaves_out_what_the_known_parameters_decide():
    left = remove_disabled(TEMPLATE, {"Platform": "localstack"})
    assert set(left["Resources"]) == {"Key", "Queue"}
    assert left["Resources"]["Queue"]["Properties"] == {
        "Tags": {"Ref": "AWS::NoValue"},
        "Url": {"Fn::If": ["HasUrl", 2, 3]},
    }
    assert left["Outputs"] == {}
    assert left["Conditions"] == TEMPLATE["Conditions"]


def test_leaves_all_where_nothing_is_known():
    assert remove_disabled(TEMPLATE, {}) == TEMPLATE
