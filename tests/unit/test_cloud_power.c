// SPDX-License-Identifier: Apache-2.0
// Reboots and what comes between them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/state.h"
#include "tests/support/paper_ec2.h"

static void press_button(void *data, const char *instance_id)
{
    struct paper_cloud *paper = data;

    buffer_printf(&paper->log, "button %s\n", instance_id);
}

static const char *state_of(struct paper_cloud *paper, const char *id)
{
    return json_text_of(json_object_get(cloud_item(cloud_instance(paper->cloud, id)), "State"),
                        "Name");
}

static void a_reboot_boots_once_more(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = paper_launch(paper, "");

    paper->cloud->host.shut_down = press_button;
    buffer_reset(&paper->log);
    paper_do(paper, "RebootInstances", "{'InstanceIds': ['%s']}", id);
    assert_int_equal(paper_asked(paper, "button "), 1);
    cloud_machine_ended(paper->cloud, id, CLOUD_END_POWEROFF);
    paper_wait(paper, 60);
    assert_int_equal(paper_asked(paper, "boot "), 1);
    assert_string_equal(state_of(paper, id), "running");
}

static void a_guest_that_ignores_its_button_is_cut_off_and_booted(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = paper_launch(paper, "");

    paper->cloud->host.shut_down = press_button;
    buffer_reset(&paper->log);
    paper_do(paper, "RebootInstances", "{'InstanceIds': ['%s']}", id);
    paper_wait(paper, 60);
    assert_int_equal(paper_asked(paper, "off "), 1);
    assert_int_equal(paper_asked(paper, "boot "), 1);
}

static void a_crash_after_a_reboot_stops_the_instance(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = paper_launch(paper, "");

    paper_do(paper, "RebootInstances", "{'InstanceIds': ['%s']}", id);
    paper_wait(paper, 60); /* it booted again without a word of its machine */
    cloud_machine_ended(paper->cloud, id, CLOUD_END_CRASH);
    paper_wait(paper, 60);
    assert_string_equal(state_of(paper, id), "stopped");
}

static void a_stop_ends_a_reboot(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = paper_launch(paper, "");

    paper->cloud->host.shut_down = press_button;
    paper_do(paper, "RebootInstances", "{'InstanceIds': ['%s']}", id);
    paper_do(paper, "StopInstances", "{'InstanceIds': ['%s'], 'Force': true}", id);
    paper_wait(paper, 1);
    paper_do(paper, "StartInstances", "{'InstanceIds': ['%s']}", id);
    buffer_reset(&paper->log);
    paper_wait(paper, 60);
    assert_int_equal(paper_asked(paper, "boot "), 1); /* the start's, not the reboot's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAPER(a_reboot_boots_once_more),
        WITH_PAPER(a_guest_that_ignores_its_button_is_cut_off_and_booted),
        WITH_PAPER(a_crash_after_a_reboot_stops_the_instance),
        WITH_PAPER(a_stop_ends_a_reboot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
