#pragma once
// Every command's function and its schema: one file each, named as the command. What surrounds
// them (name, description, tags, errors) is a row of command_table.cpp.

#include <array>

#include "actors/command_table.hpp"
#include "model/limits.hpp"

namespace chat {

void run_chat_rooms(command_run_ptr run);
void run_chat_connect(command_run_ptr run);
void run_chat_status(command_run_ptr run);
void run_chat_reconnect(command_run_ptr run);
void run_chat_refresh_token(command_run_ptr run);
void run_chat_disconnect(command_run_ptr run);
void run_chat_poll(command_run_ptr run);
void run_chat_send(command_run_ptr run);
void run_chat_room_create(command_run_ptr run);
void run_chat_room_update(command_run_ptr run);
void run_chat_room_delete(command_run_ptr run);
void run_chat_revoke(command_run_ptr run);
void run_node_status(command_run_ptr run);
void run_afd_help(command_run_ptr run);
void run_afd_schema(command_run_ptr run);

}  // namespace chat
