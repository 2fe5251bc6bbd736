# The Debian package: ./dev package. Binaries, units, settings, manual pages; what is done at install
# and removal is in ops/package.
install(TARGETS chatd afd RUNTIME DESTINATION bin)
install(FILES ops/chatd.service ops/chatd.socket DESTINATION /lib/systemd/system)
install(FILES ops/grafana-dashboard.json DESTINATION share/chatd OPTIONAL)
install(FILES README.md SECURITY.md ops/package/copyright DESTINATION share/doc/chatd)
install(DIRECTORY docs/ DESTINATION share/doc/chatd OPTIONAL)

# Made by the programs themselves, as they know best what there is to set.
set(package_files "${PROJECT_BINARY_DIR}/generated/package")
find_program(HELP2MAN help2man)
if(HELP2MAN)
  file(MAKE_DIRECTORY "${package_files}")
  foreach(program chatd afd)
    add_custom_command(OUTPUT "${package_files}/${program}.1.gz"
      COMMAND "${HELP2MAN}" --no-info --section=1 --include=ops/man/${program}.h2m
        --output=${package_files}/${program}.1 $<TARGET_FILE:${program}>
      COMMAND gzip -9nf ${package_files}/${program}.1
      DEPENDS ${program} ops/man/${program}.h2m
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" VERBATIM)
    list(APPEND manual_pages "${package_files}/${program}.1.gz")
  endforeach()
  add_custom_command(OUTPUT "${package_files}/chatd.toml"
    COMMAND chatd config init > ${package_files}/chatd.toml
    DEPENDS chatd VERBATIM)
  add_custom_command(OUTPUT "${package_files}/afd.bash"
    COMMAND afd completion bash > ${package_files}/afd.bash DEPENDS afd VERBATIM)
  add_custom_command(OUTPUT "${package_files}/changelog.gz"
    COMMAND gzip -9nc ops/package/changelog > ${package_files}/changelog.gz
    DEPENDS ops/package/changelog WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" VERBATIM)
  install(FILES "${package_files}/changelog.gz" DESTINATION share/doc/chatd)
  add_custom_target(package_files
    DEPENDS "${package_files}/changelog.gz" ${manual_pages} "${package_files}/chatd.toml" "${package_files}/afd.bash")
  install(FILES ${manual_pages} DESTINATION share/man/man1)
  install(FILES "${package_files}/chatd.toml" DESTINATION /etc/chatd)
  install(FILES "${package_files}/afd.bash"
    DESTINATION share/bash-completion/completions RENAME afd)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME chatd)
set(CPACK_PACKAGE_CONTACT "The chatd maintainers <maintainers@chatd.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "real-time chat node for people and AI agents")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A chat node: rooms and messages over WebSockets, event streams, HTTP commands and MCP,
 kept in a store that loses nothing it acknowledged. With a chat page, a page for operators,
 and afd, a command line for both.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
  GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.51)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/ops/package/postinst"
  "${PROJECT_SOURCE_DIR}/ops/package/prerm" "${PROJECT_SOURCE_DIR}/ops/package/postrm"
  "${PROJECT_SOURCE_DIR}/ops/package/conffiles")
include(CPack)
