#pragma once
// Every command, as a row of the table: one file each, named as the command.

#include "actors/command_table.hpp"

namespace chat {

extern const command_row chat_rooms_row;
extern const command_row chat_connect_row;
extern const command_row chat_status_row;
extern const command_row chat_reconnect_row;
extern const command_row chat_refresh_token_row;
extern const command_row chat_disconnect_row;
extern const command_row chat_poll_row;
extern const command_row chat_stream_row;
extern const command_row chat_history_row;
extern const command_row chat_search_row;
extern const command_row chat_participants_row;
extern const command_row chat_send_row;
extern const command_row chat_edit_row;
extern const command_row chat_delete_row;
extern const command_row chat_room_create_row;
extern const command_row chat_room_update_row;
extern const command_row chat_room_delete_row;
extern const command_row chat_webhook_register_row;
extern const command_row chat_webhook_list_row;
extern const command_row chat_webhook_delete_row;
extern const command_row chat_webhook_dead_letters_row;
extern const command_row chat_webhook_replay_row;
extern const command_row chat_revoke_row;
extern const command_row node_status_row;
extern const command_row node_rooms_row;
extern const command_row node_sessions_row;
extern const command_row afd_help_row;
extern const command_row afd_docs_row;
extern const command_row afd_schema_row;
extern const command_row afd_discover_row;
extern const command_row afd_detail_row;
extern const command_row afd_call_row;
extern const command_row afd_batch_row;
extern const command_row afd_pipe_row;

}  // namespace chat
