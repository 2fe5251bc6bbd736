// The commands of the node. In a file of its own: tests/vectors has another list.

#include "actors/command_table.hpp"
#include "actors/commands/commands.hpp"

namespace chat {

std::span<const command_row> command_table() {
  static const command_row table[] = {
      chat_rooms_row,
      chat_connect_row,
      chat_status_row,
      chat_reconnect_row,
      chat_refresh_token_row,
      chat_disconnect_row,
      chat_poll_row,
      chat_stream_row,
      chat_history_row,
      chat_search_row,
      chat_participants_row,
      chat_send_row,
      chat_edit_row,
      chat_delete_row,
      chat_room_create_row,
      chat_room_update_row,
      chat_room_delete_row,
      chat_webhook_register_row,
      chat_webhook_list_row,
      chat_webhook_delete_row,
      chat_webhook_dead_letters_row,
      chat_webhook_replay_row,
      chat_revoke_row,
      node_status_row,
      node_rooms_row,
      node_sessions_row,
      afd_help_row,
      afd_docs_row,
      afd_schema_row,
      afd_discover_row,
      afd_detail_row,
      afd_call_row,
      afd_batch_row,
      afd_pipe_row,
  };
  return table;
}

}  // namespace chat
