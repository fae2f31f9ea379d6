# SPDX-License-Identifier: Apache-2.0
"""The calls of test_lab_api.py in their order: service, operation, parameters, what to keep of the
answer under which name. "<name>" in a parameter stands for what was kept."""

NONE = "00000000000000000"
LAUNCH = {"ImageId": "<image>", "MinCount": 1, "MaxCount": 1}


def by(name, *values):
    return {"Filters": [{"Name": name, "Values": list(values)}]}


def ec2(operation, params=None, **keep):
    return "ec2", operation, params or {}, keep


PLACE = [
    ec2("DescribeImages", {}, image="Images[0].ImageId"),
    ec2("DescribeImages", {"ImageIds": ["<image>"]}),
    ec2("DescribeImages", {"ImageIds": [f"ami-{NONE}"]}),
    ec2("DescribeImages", {"ImageIds": ["image"]}),
    ec2("DescribeRegions"),
    ec2("DescribeRegions", {"RegionNames": ["us-east-1"]}),
    ec2("DescribeAvailabilityZones"),
    ec2("DescribeAvailabilityZones", {"ZoneNames": ["us-east-1a"]}),
    ec2("DescribeAvailabilityZones", by("state", "available")),
    ec2("DescribeInstanceTypes", {"InstanceTypes": ["t2.micro"]}),
    ec2("DescribeInstanceTypes", {"InstanceTypes": ["t99.none"]}),
    ec2("DescribeInstanceTypeOfferings", by("instance-type", "t2.micro")),
    ec2("DescribeInstanceTypeOfferings", {"LocationType": "availability-zone"}),
    ec2("DescribeAccountAttributes"),
]

NETWORKS = [
    ec2("DescribeVpcs", by("is-default", "true"), vpc="Vpcs[0].VpcId"),
    ec2("DescribeVpcs", {"VpcIds": [f"vpc-{NONE}"]}),
    ec2("DescribeSubnets", by("availability-zone", "us-east-1a"), subnet="Subnets[0].SubnetId"),
    ec2("DescribeSubnets", {"SubnetIds": [f"subnet-{NONE}"]}),
    ec2("CreateVpc", {"CidrBlock": "10.7.0.0/16", "TagSpecifications": [
        {"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "far"}]}]}, far="Vpc.VpcId"),
    ec2("CreateVpc", {"CidrBlock": "10.7.0.0"}),
    ec2("CreateVpc", {"CidrBlock": "10.0.0.0/8"}),
    ec2("CreateVpc", {}),
    ec2("CreateSubnet", {"VpcId": "<far>", "CidrBlock": "10.7.1.0/24",
                         "AvailabilityZone": "us-east-1b"}, near="Subnet.SubnetId"),
    ec2("CreateSubnet", {"VpcId": "<far>", "CidrBlock": "10.7.1.0/24"}),
    ec2("CreateSubnet", {"VpcId": "<far>", "CidrBlock": "10.8.1.0/24"}),
    ec2("CreateSubnet", {"VpcId": "<far>", "CidrBlock": "block"}),
    ec2("CreateSubnet", {"VpcId": f"vpc-{NONE}", "CidrBlock": "10.7.2.0/24"}),
    ec2("CreateSubnet", {"VpcId": "<far>", "CidrBlock": "10.7.3.0/24",
                         "AvailabilityZone": "us-east-1zz"}),
    ec2("DescribeSubnets", by("vpc-id", "<far>")),
    ec2("DescribeVpcs", by("tag:Name", "far")),
    ec2("DescribeVpcs", by("tag:Name", "f?r")),
    ec2("DeleteVpc", {"VpcId": "<far>"}),
    ec2("DeleteSubnet", {"SubnetId": "<near>"}),
    ec2("DeleteSubnet", {"SubnetId": "<near>"}),
    ec2("DeleteVpc", {"VpcId": "<far>"}),
    ec2("DeleteVpc", {"VpcId": "<far>"}),
]

SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


def permission(**changes):
    return {"GroupId": "<web>", "IpPermissions": [{**SSH, **changes}]}


GROUPS = [
    ec2("CreateSecurityGroup", {"GroupName": "web", "Description": "d", "VpcId": "<vpc>"},
        web="GroupId"),
    ec2("CreateSecurityGroup", {"GroupName": "db", "Description": "d"}, db="GroupId"),
    ec2("CreateSecurityGroup", {"GroupName": "web", "Description": "d", "VpcId": "<vpc>"}),
    ec2("CreateSecurityGroup", {"GroupName": "x", "Description": "d", "VpcId": f"vpc-{NONE}"}),
    ec2("CreateSecurityGroup", {"GroupName": "x"}),
    ec2("AuthorizeSecurityGroupIngress", permission()),
    ec2("AuthorizeSecurityGroupIngress", permission()),
    ec2("AuthorizeSecurityGroupIngress", {"GroupId": "<web>", "IpProtocol": "udp", "FromPort": 53,
                                          "ToPort": 53, "CidrIp": "0.0.0.0/0"}),
    ec2("AuthorizeSecurityGroupIngress",
        {"GroupId": "<db>", "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [
            {"GroupId": "<web>"}]}]}),
    ec2("AuthorizeSecurityGroupIngress", permission(IpRanges=[{"CidrIp": "300.0.0.0/8"}])),
    ec2("AuthorizeSecurityGroupIngress", permission(IpRanges=[], UserIdGroupPairs=[
        {"GroupId": f"sg-{NONE}"}])),
    ec2("AuthorizeSecurityGroupIngress", {**permission(), "GroupId": f"sg-{NONE}"}),
    ec2("AuthorizeSecurityGroupEgress", {"GroupId": "<web>", "IpPermissions": [
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53,
         "IpRanges": [{"CidrIp": "10.0.0.2/32", "Description": "names"}]}]}),
    ec2("AuthorizeSecurityGroupEgress", {"GroupId": "<web>", "IpPermissions": [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}),
    ec2("DescribeSecurityGroups", {"GroupIds": ["<web>", "<db>"]}),
    ec2("DescribeSecurityGroups", by("group-name", "w*")),
    ec2("DescribeSecurityGroups", by("ip-permission.to-port", "22")),
    ec2("DescribeSecurityGroups", {"GroupIds": [f"sg-{NONE}"]}),
    ec2("DescribeSecurityGroups", {"GroupNames": ["none"]}),
    ec2("DescribeSecurityGroupRules", by("group-id", "<web>"),
        rule="SecurityGroupRules[?!IsEgress] | [0].SecurityGroupRuleId"),
    ec2("DescribeSecurityGroupRules", {"SecurityGroupRuleIds": [f"sgr-{NONE}"]}),
    ec2("RevokeSecurityGroupIngress", {"GroupId": "<web>", "SecurityGroupRuleIds": ["<rule>"]}),
    ec2("RevokeSecurityGroupIngress", permission(FromPort=1, ToPort=1)),
    ec2("RevokeSecurityGroupEgress", {"GroupId": "<web>", "IpPermissions": [
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53,
         "IpRanges": [{"CidrIp": "10.0.0.2/32"}]}]}),
    ec2("DeleteSecurityGroup", {"GroupId": "<db>"}),
    ec2("DeleteSecurityGroup", {"GroupId": "<web>"}),
    ec2("DeleteSecurityGroup", {"GroupId": "<web>"}),
    ec2("DeleteSecurityGroup", {"GroupId": f"sg-{NONE}"}),
]

PUBLIC_KEY = (b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDGfOKb+1VF669pxMqPDLsW9WRhHRzEC2tQ8JbLevDfV "
              b"me@home")
KEYS = [
    ec2("CreateKeyPair", {"KeyName": "made"}),
    ec2("CreateKeyPair", {"KeyName": "small", "KeyType": "ed25519"}),
    ec2("CreateKeyPair", {"KeyName": "made"}),
    ec2("ImportKeyPair", {"KeyName": "mine", "PublicKeyMaterial": PUBLIC_KEY},
        fingerprint="KeyFingerprint"),
    ec2("ImportKeyPair", {"KeyName": "mine", "PublicKeyMaterial": PUBLIC_KEY}),
    ec2("ImportKeyPair", {"KeyName": "bad", "PublicKeyMaterial": b"no key"}),
    ec2("DescribeKeyPairs", {"KeyNames": ["mine"]}),
    ec2("DescribeKeyPairs", by("key-name", "m*")),
    ec2("DescribeKeyPairs", {"KeyNames": ["none"]}),
    ec2("DeleteKeyPair", {"KeyName": "made"}),
    ec2("DeleteKeyPair", {"KeyName": "none"}),
]

INSTANCES = [
    ec2("RunInstances", {**LAUNCH, "InstanceType": "t2.micro", "KeyName": "mine",
                         "UserData": "echo", "SubnetId": "<subnet>",
                         "TagSpecifications": [{"ResourceType": "instance", "Tags": [
                             {"Key": "Name", "Value": "one"}]}]},
        one="Instances[0].InstanceId", group="Instances[0].SecurityGroups[0].GroupId",
        interface="Instances[0].NetworkInterfaces[0].NetworkInterfaceId"),
    ec2("RunInstances", {**LAUNCH, "MinCount": 2, "MaxCount": 2}, two="Instances[1].InstanceId"),
    ec2("RunInstances", {**LAUNCH, "ImageId": f"ami-{NONE}"}),
    ec2("RunInstances", {**LAUNCH, "KeyName": "none"}),
    ec2("RunInstances", {**LAUNCH, "SubnetId": f"subnet-{NONE}"}),
    ec2("RunInstances", {**LAUNCH, "SecurityGroupIds": [f"sg-{NONE}"]}),
    ec2("RunInstances", {**LAUNCH, "MinCount": 2}),
    ec2("RunInstances", {**LAUNCH, "DryRun": True}),
    ec2("RunInstances", {**LAUNCH, "Placement": {"AvailabilityZone": "us-east-1zz"}}),
    ec2("RunInstances", {"MinCount": 1, "MaxCount": 1}),
    ec2("DescribeInstances"),
    ec2("DescribeInstances", {"InstanceIds": ["<one>"]}),
    ec2("DescribeInstances", {"InstanceIds": [f"i-{NONE}"]}),
    ec2("DescribeInstances", {"InstanceIds": ["one"]}),
    ec2("DescribeInstances", by("tag:Name", "o*")),
    ec2("DescribeInstances", by("instance-state-name", "running")),
    ec2("DescribeInstances", by("colour", "red")),
    ec2("DescribeInstances", {"MaxResults": 5}),
    ec2("DescribeInstanceStatus", {"InstanceIds": ["<one>"]}),
    ec2("DescribeInstanceStatus", {"IncludeAllInstances": True}),
    ec2("DescribeInstanceStatus", {"InstanceIds": [f"i-{NONE}"]}),
    *(ec2("DescribeInstanceAttribute", {"InstanceId": "<one>", "Attribute": name}) for name in
      ("userData", "instanceType", "disableApiTermination", "instanceInitiatedShutdownBehavior",
       "groupSet", "rootDeviceName", "sourceDestCheck", "blockDeviceMapping", "ebsOptimized")),
    ec2("DescribeInstanceAttribute", {"InstanceId": f"i-{NONE}", "Attribute": "userData"}),
    ec2("ModifyInstanceAttribute", {"InstanceId": "<one>",
                                    "DisableApiTermination": {"Value": True}}),
    ec2("TerminateInstances", {"InstanceIds": ["<one>"]}),
    ec2("ModifyInstanceAttribute", {"InstanceId": "<one>",
                                    "DisableApiTermination": {"Value": False}}),
    ec2("ModifyInstanceAttribute", {"InstanceId": "<one>", "Groups": ["<group>"]}),
    ec2("ModifyInstanceAttribute", {"InstanceId": "<one>",
                                    "InstanceType": {"Value": "t3.micro"}}),
    ec2("RebootInstances", {"InstanceIds": ["<one>"]}),
    ec2("StopInstances", {"InstanceIds": ["<one>"]}),
    ec2("DescribeInstances", {"InstanceIds": ["<one>"]}),
    ec2("ModifyInstanceAttribute", {"InstanceId": "<one>",
                                    "InstanceType": {"Value": "t3.micro"}}),
    ec2("StartInstances", {"InstanceIds": ["<one>"]}),
    ec2("StartInstances", {"InstanceIds": [f"i-{NONE}"]}),
    ec2("StopInstances", {"InstanceIds": ["one"]}),
    ec2("GetConsoleOutput", {"InstanceId": "<one>"}),
    ec2("GetConsoleOutput", {"InstanceId": f"i-{NONE}"}),
    ec2("DescribeNetworkInterfaces", {"NetworkInterfaceIds": ["<interface>"]}),
    ec2("DescribeNetworkInterfaces", by("attachment.instance-id", "<one>")),
    ec2("DescribeNetworkInterfaces", {"NetworkInterfaceIds": [f"eni-{NONE}"]}),
]

TAGS = [
    ec2("CreateTags", {"Resources": ["<one>"], "Tags": [{"Key": "State", "Value": "MASTER"}]}),
    ec2("CreateTags", {"Resources": [f"i-{NONE}"], "Tags": [{"Key": "a", "Value": "b"}]}),
    ec2("CreateTags", {"Resources": ["<one>"], "Tags": [{"Key": "aws:x", "Value": "b"}]}),
    ec2("DescribeTags", by("resource-id", "<one>")),
    ec2("DescribeTags", by("key", "St*")),
    ec2("DeleteTags", {"Resources": ["<one>"], "Tags": [{"Key": "State"}]}),
]

ADDRESSES = [
    ec2("AllocateAddress", {"Domain": "vpc"}, eip="AllocationId", ip="PublicIp"),
    ec2("AllocateAddress", {"Domain": "vpc"}, second="AllocationId"),
    ec2("DescribeAddresses", {"AllocationIds": ["<eip>"]}),
    ec2("AssociateAddress", {"AllocationId": "<eip>", "InstanceId": "<one>"},
        association="AssociationId"),
    ec2("AssociateAddress", {"AllocationId": "<eip>", "InstanceId": "<two>",
                             "AllowReassociation": False}),
    ec2("AssociateAddress", {"AllocationId": "<eip>", "InstanceId": "<two>",
                             "AllowReassociation": True}, association="AssociationId"),
    ec2("AssociateAddress", {"AllocationId": f"eipalloc-{NONE}", "InstanceId": "<one>"}),
    ec2("AssociateAddress", {"AllocationId": "<eip>", "InstanceId": f"i-{NONE}"}),
    ec2("DescribeAddresses", {"PublicIps": ["<ip>"]}),
    ec2("DescribeAddresses", by("instance-id", "<two>")),
    ec2("DescribeAddresses", {"PublicIps": ["192.0.2.1"]}),
    ec2("DescribeAddresses", {"AllocationIds": [f"eipalloc-{NONE}"]}),
    ec2("DescribeInstances", {"InstanceIds": ["<two>"]}),
    ec2("DescribeNetworkInterfaces", by("attachment.instance-id", "<two>")),
    ec2("DisassociateAddress", {"AssociationId": "<association>"}),
    ec2("DisassociateAddress", {"AssociationId": f"eipassoc-{NONE}"}),
    ec2("ReleaseAddress", {"AllocationId": "<eip>"}),
    ec2("ReleaseAddress", {"AllocationId": "<eip>"}),
]

VOLUMES = [
    ec2("CreateVolume", {"AvailabilityZone": "us-east-1a", "Size": 2, "TagSpecifications": [
        {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "disk"}]}]},
        volume="VolumeId"),
    ec2("CreateVolume", {"AvailabilityZone": "us-east-1zz", "Size": 2}),
    ec2("CreateVolume", {"AvailabilityZone": "us-east-1a"}),
    ec2("CreateVolume", {"AvailabilityZone": "us-east-1a", "Size": 2, "VolumeType": "floppy"}),
    ec2("AttachVolume", {"VolumeId": "<volume>", "InstanceId": "<one>", "Device": "/dev/sdf"}),
    ec2("AttachVolume", {"VolumeId": "<volume>", "InstanceId": "<one>", "Device": "/dev/sdg"}),
    ec2("AttachVolume", {"VolumeId": f"vol-{NONE}", "InstanceId": "<one>", "Device": "/dev/sdh"}),
    ec2("AttachVolume", {"VolumeId": "<volume>", "InstanceId": f"i-{NONE}", "Device": "/dev/sdh"}),
    ec2("DescribeVolumes", {"VolumeIds": ["<volume>"]}),
    ec2("DescribeVolumes", by("attachment.instance-id", "<one>")),
    ec2("DescribeVolumes", {"VolumeIds": [f"vol-{NONE}"]}),
    ec2("DescribeInstances", {"InstanceIds": ["<one>"]}),
    ec2("DeleteVolume", {"VolumeId": "<volume>"}),
    ec2("DetachVolume", {"VolumeId": "<volume>", "InstanceId": "<two>"}),
    ec2("DetachVolume", {"VolumeId": "<volume>", "InstanceId": "<one>"}),
    ec2("DetachVolume", {"VolumeId": "<volume>", "InstanceId": "<one>"}),
    ec2("DescribeVolumes", by("status", "available")),
    ec2("DeleteVolume", {"VolumeId": "<volume>"}),
    ec2("DeleteVolume", {"VolumeId": "<volume>"}),
]

TEMPLATES = [
    ec2("CreateLaunchTemplate", {"LaunchTemplateName": "web", "VersionDescription": "first",
                                 "LaunchTemplateData": {"ImageId": "<image>",
                                                        "InstanceType": "t2.micro",
                                                        "UserData": "ZWNobw=="}},
        template="LaunchTemplate.LaunchTemplateId"),
    ec2("CreateLaunchTemplate", {"LaunchTemplateName": "web", "LaunchTemplateData": {
        "ImageId": "<image>"}}),
    ec2("CreateLaunchTemplateVersion", {"LaunchTemplateId": "<template>", "SourceVersion": "1",
                                        "LaunchTemplateData": {"InstanceType": "t3.micro"}}),
    ec2("CreateLaunchTemplateVersion", {"LaunchTemplateId": f"lt-{NONE}",
                                        "LaunchTemplateData": {"InstanceType": "t3.micro"}}),
    ec2("DescribeLaunchTemplates", {"LaunchTemplateNames": ["web"]}),
    ec2("DescribeLaunchTemplates", {"LaunchTemplateNames": ["none"]}),
    ec2("DescribeLaunchTemplates", {"LaunchTemplateIds": [f"lt-{NONE}"]}),
    ec2("DescribeLaunchTemplateVersions", {"LaunchTemplateName": "web"}),
    ec2("DescribeLaunchTemplateVersions", {"LaunchTemplateId": "<template>",
                                           "Versions": ["$Latest"]}),
    ec2("DescribeLaunchTemplateVersions", {"LaunchTemplateName": "none"}),
    ec2("ModifyLaunchTemplate", {"LaunchTemplateId": "<template>", "DefaultVersion": "2"}),
    ec2("RunInstances", {"MinCount": 1, "MaxCount": 1, "LaunchTemplate": {
        "LaunchTemplateName": "web", "Version": "1"}}, three="Instances[0].InstanceId"),
    ec2("RunInstances", {"MinCount": 1, "MaxCount": 1, "LaunchTemplate": {
        "LaunchTemplateName": "none"}}),
    ec2("DeleteLaunchTemplate", {"LaunchTemplateId": "<template>"}),
    ec2("DeleteLaunchTemplate", {"LaunchTemplateId": "<template>"}),
]

END = [
    ec2("TerminateInstances", {"InstanceIds": ["<one>", "<two>", "<three>"]}),
    ec2("DescribeInstances", {"InstanceIds": ["<one>"]}),
    ec2("TerminateInstances", {"InstanceIds": ["<one>"]}),
    ec2("TerminateInstances", {"InstanceIds": [f"i-{NONE}"]}),
    ec2("StartInstances", {"InstanceIds": ["<one>"]}),
]

CALLS = [*PLACE, *NETWORKS, *GROUPS, *KEYS, *INSTANCES, *TAGS, *ADDRESSES, *VOLUMES, *TEMPLATES,
         *END]
