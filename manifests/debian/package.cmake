# The Debian package. dpkg-shlibdeps finds the libraries that it depends on.
set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)  # because some files are in /etc
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_PACKAGE_CONTACT "roundhouse <roundhouse@localhost>" CACHE STRING
  "The maintainer of the package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keeps AceStream engines running behind Gluetun, on Docker")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "A YAML file declares how many engines run. A loop compares it with the running
containers, and creates, starts, replaces and removes engines until they match.
Engines run only inside a gateway's network namespace.
.
The service is not enabled: write a spec into /etc/roundhouse first.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "docker.io | docker-ce")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(here ${CMAKE_CURRENT_LIST_DIR})
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${here}/conffiles ${here}/postinst ${here}/prerm ${here}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
