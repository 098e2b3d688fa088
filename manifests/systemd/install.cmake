# The last part of `cmake --install`: the unit with the installed program's path, and the files in
# /etc, where systemd looks for them whatever the prefix.
set(unit ${BUILD_FOLDER}/roundhouse.service)
file(READ ${CMAKE_CURRENT_LIST_DIR}/roundhouse.service text)
string(REPLACE /usr/bin/ ${CMAKE_INSTALL_PREFIX}/${BINDIR}/ text "${text}")
file(WRITE ${unit} "${text}")
file(INSTALL ${unit} DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)

file(INSTALL DESTINATION /etc/roundhouse TYPE DIRECTORY FILES "")
# Keeps what the user has edited.
if(NOT EXISTS $ENV{DESTDIR}/etc/default/roundhouse)
  file(INSTALL ${CMAKE_CURRENT_LIST_DIR}/default DESTINATION /etc/default RENAME roundhouse)
endif()
