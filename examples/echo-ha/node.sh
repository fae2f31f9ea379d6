#!/bin/bash
# User data of a node of the echo service: the echo server, and keepalived, by which the nodes
# agree on one MASTER. The MASTER takes the Elastic IP and sets the State tags.
set -u

run=/run/echo
mkdir -p "$run"
imds=http://169.254.169.254/latest
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600' "$imds/api/token")
metadata() { curl -sf -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/$1"; }

id=$(metadata instance-id)
ip=$(metadata local-ipv4)
zone=$(metadata placement/availability-zone)
name=$(metadata tags/instance/Name)
advert=$(metadata tags/instance/Advert || echo 0.2)
# Different in each zone, so that two that start together do not both win.
case $zone in *a) priority=200 ;; *b) priority=140 ;; *) priority=80 ;; esac

while :; do
    echoserver --quiet
    sleep 0.1
done &

# What this prints of the other nodes: their member $1, one a line.
cat >"$run/others" <<EOS
#!/bin/bash
chaos aws ec2 describe-instances --all-pages --query "\\\$.Reservations[*].Instances[*].\$1" \\
    --filters '[{"Name": "tag:Name", "Values": ["$name"]},
                {"Name": "instance-state-name", "Values": ["pending", "running"]}]' |
    tr -d '[]", ' | grep -v -e '^\$' -e '^$ip\$' -e '^$id\$'
EOS

# Makes the cloud say what keepalived decided. Run at each change, and when it does not say so, since two
# nodes that change at once may overwrite each other's tags.
cat >"$run/claim" <<EOS
#!/bin/bash
# The address first, and nothing before it: clients are waiting.
[ "\$(<"$run/state")" != MASTER ] ||
    chaos aws ec2 associate-address --allocation-id "\$(<"$run/allocation")" --instance-id $id \\
        --allow-reassociation true >"$run/claimed"
exec 9>"$run/lock"
flock 9
if [ "\$(<"$run/state")" != MASTER ]; then
    chaos aws ec2 create-tags --resources $id --tags '[{"Key": "State", "Value": "BACKUP"}]' >"$run/tagged"
    exit
fi
chaos aws ec2 create-tags --resources $id --tags '[{"Key": "State", "Value": "MASTER"}]' >"$run/tagged"
others=\$("$run/others" InstanceId)
[ -z "\$others" ] ||
    chaos aws ec2 create-tags --resources \$others --tags '[{"Key": "State", "Value": "BACKUP"}]' >"$run/tagged"
EOS

# keepalived runs this with its new state, and drops what it prints.
cat >"$run/notify" <<EOS
#!/bin/bash
echo "\$EPOCHREALTIME \$1" >>"$run/history"
echo "\$1" >"$run/state"
. "$run/claim"
EOS
chmod +x "$run/others" "$run/claim" "$run/notify"
echo BACKUP >"$run/state"

configure() { # peers
    cat >"$run/keepalived.new" <<EOS
global_defs {
    vrrp_version 3
    script_user root
    vrrp_skip_check_adv_addr
}
vrrp_instance echo {
    state BACKUP
    nopreempt
    interface eth0
    virtual_router_id 51
    priority $priority
    advert_int $advert
    unicast_src_ip $ip
    unicast_peer {
$(printf '        %s\n' "$@")
    }
    virtual_ipaddress {
        192.0.2.1/32 dev lo
    }
    notify_master "$run/notify MASTER"
    notify_backup "$run/notify BACKUP"
    notify_fault "$run/notify FAULT"
}
EOS
    mv "$run/keepalived.new" "$run/keepalived.conf"
}

# Looked up now: at a failover every call counts.
until [ -s "$run/allocation" ]; do
    chaos aws ec2 describe-addresses --query '$.Addresses[0].AllocationId' \
        --filters '[{"Name": "tag:Name", "Values": ["echo"]}]' | tr -d '[]", \n' >"$run/allocation"
    [ -s "$run/allocation" ] || sleep 0.2
done

master_is_there() { # this node or another one
    [ "$(<"$run/state")" = MASTER ] || grep -q MASTER <("$run/others" 'Tags[*].Value')
}

is_news() { # a peer that keepalived does not know yet; one that is gone does no harm
    local peer
    for peer in "${peers[@]}"; do
        [[ " $known " == *" $peer "* ]] || return 0
    done
    return 1
}

known=
keepalived=
while :; do
    mapfile -t peers < <("$run/others" PrivateIpAddress)
    # Alone it talks to the router, which does not listen: without a peer it would use multicast.
    [ ${#peers[@]} -gt 0 ] || peers=("${ip%.*}.1")
    # A new configuration starts keepalived's timers anew: not while it waits for a lost MASTER.
    if is_news && { [ -z "$keepalived" ] || master_is_there; }; then
        known="${peers[*]}"
        configure "${peers[@]}"
        echo "$(date +%T.%3N) peers: $known"
        if [ -n "$keepalived" ]; then
            kill -HUP "$keepalived"
        else
            # A node that joins waits until those that are there know of it.
            master_is_there && sleep 1.5
            keepalived --dont-fork --log-console --vrrp --use-file="$run/keepalived.conf" \
                --pid="$run/keepalived.pid" --vrrp_pid="$run/vrrp.pid" &
            keepalived=$!
        fi
    fi
    sleep 0.5
    holder=$(metadata public-ipv4)
    state=$(metadata tags/instance/State)
    decided=$(<"$run/state") # empty for the moment in which it is written
    if [ -n "$decided" ] && [ "$decided" != "$state" ] ||
        { [ "$state" = MASTER ] && [ -z "$holder" ]; }; then
        "$run/claim"
    fi
done
