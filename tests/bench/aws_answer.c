// SPDX-License-Identifier: Apache-2.0
/* The AWS service that clients are measured with: it listens on a free port of 127.0.0.1, prints
 * the port, and answers every request as EC2's DescribeInstances. Without MaxResults that is one
 * instance; with it, that many a page, PAGES pages. Connections are kept, one is served at a time.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGES        10
#define REQUEST_MAX  65536
#define INSTANCE_MAX 4096

static const char instance[] =
    "<item><reservationId>r-%08x</reservationId><ownerId>123456789012</ownerId><groupSet/>"
    "<instancesSet><item><instanceId>i-%017x</instanceId><imageId>ami-0abcdef1234567890</imageId>"
    "<instanceState><code>16</code><name>running</name></instanceState>"
    "<privateDnsName>ip-10-0-0-12.ec2.internal</privateDnsName>"
    "<dnsName>ec2-198-51-100-7.compute-1.example</dnsName><reason/><keyName>web</keyName>"
    "<amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>m5.large</instanceType>"
    "<launchTime>2026-10-01T08:15:30.000Z</launchTime><placement>"
    "<availabilityZone>us-east-1a</availabilityZone><groupName/><tenancy>default</tenancy>"
    "</placement><monitoring><state>disabled</state></monitoring>"
    "<subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</vpcId>"
    "<privateIpAddress>10.0.0.12</privateIpAddress><ipAddress>198.51.100.7</ipAddress>"
    "<sourceDestCheck>true</sourceDestCheck><groupSet><item><groupId>sg-0123456789abcdef0</groupId>"
    "<groupName>web</groupName></item></groupSet><architecture>x86_64</architecture>"
    "<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>"
    "<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs>"
    "<volumeId>vol-0123456789abcdef0</volumeId><status>attached</status>"
    "<attachTime>2026-10-01T08:15:31.000Z</attachTime>"
    "<deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>"
    "<virtualizationType>hvm</virtualizationType><clientToken>t-%08x</clientToken><tagSet><item>"
    "<key>Name</key><value>web-%d</value></item><item><key>app</key><value>shop &amp; more</value>"
    "</item></tagSet><hypervisor>xen</hypervisor><networkInterfaceSet/><ebsOptimized>false"
    "</ebsOptimized><enaSupport>true</enaSupport><cpuOptions><coreCount>1</coreCount>"
    "<threadsPerCore>2</threadsPerCore></cpuOptions><capacityReservationSpecification>"
    "<capacityReservationPreference>open</capacityReservationPreference>"
    "</capacityReservationSpecification><hibernationOptions><configured>false</configured>"
    "</hibernationOptions><metadataOptions><state>applied</state><httpTokens>required</httpTokens>"
    "<httpPutResponseHopLimit>2</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint>"
    "</metadataOptions><enclaveOptions><enabled>false</enabled></enclaveOptions></item>"
    "</instancesSet></item>";

static int send_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);

        if (n <= 0)
            return -1;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

static int answer(int fd, const char *request)
{
    const char *limit = strstr(request, "MaxResults=");
    const char *token = strstr(request, "NextToken=");
    int count = limit ? atoi(limit + strlen("MaxResults=")) : 1;
    int page = token ? atoi(token + strlen("NextToken=")) : 0;
    char *body = malloc((size_t)count * INSTANCE_MAX + INSTANCE_MAX);
    char head[128];
    size_t length;
    int r;

    if (!body)
        return -1;
    length = (size_t)sprintf(body,
                             "<DescribeInstancesResponse><requestId>r</requestId><reservationSet>");
    for (int i = 0; i < count; i++) {
        int number = page * count + i;

        length += (size_t)snprintf(body + length, INSTANCE_MAX, instance, (unsigned)number,
                                   (unsigned)number, (unsigned)number, number);
    }
    length += (size_t)sprintf(body + length, "</reservationSet>");
    if (limit && page + 1 < PAGES)
        length += (size_t)sprintf(body + length, "<nextToken>%d</nextToken>", page + 1);
    length += (size_t)sprintf(body + length, "</DescribeInstancesResponse>");
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\n\r\n", length);
    r = send_all(fd, head, strlen(head));
    if (r == 0)
        r = send_all(fd, body, length);
    free(body);
    return r;
}

/* Whether a request is there whole. */
static int is_whole(const char *request, size_t length)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *said = strcasestr(request, "\r\nContent-Length:");
    size_t body = said && said < end ? strtoul(said + strlen("\r\nContent-Length:"), NULL, 10) : 0;

    return end && length >= (size_t)(end + 4 - request) + body;
}

static void serve(int fd)
{
    static char request[REQUEST_MAX];
    size_t length = 0;

    for (;;) {
        ssize_t n = recv(fd, request + length, sizeof(request) - 1 - length, 0);

        if (n <= 0)
            return;
        length += (size_t)n;
        request[length] = '\0';
        if (!is_whole(request, length))
            continue;
        if (answer(fd, request) < 0)
            return;
        length = 0;
    }
}

int main(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, size) < 0 ||
        listen(listener, SOMAXCONN) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0) {
        perror("aws_answer");
        return 1;
    }
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0)
            continue;
        serve(fd);
        close(fd);
    }
}
