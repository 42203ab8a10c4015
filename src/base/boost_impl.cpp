// The compiled part of Asio and Beast (cmake/dependencies.cmake), once for the whole program.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
