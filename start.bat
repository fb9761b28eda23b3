@echo off
rem Double-click: starts the demo. With words behind it, the same as start.py with them.
setlocal
set "python=py -3"
where py >nul 2>nul || set "python=python"
%python% "%~dp0start.py" %*
set "code=%errorlevel%"
if "%code%"=="0" exit /b 0
echo.
if "%code%"=="9009" echo Python is missing: install 3.11 or newer from python.org, then try again.
echo Interscene ended with code %code%; the lines above say why.
pause
exit /b %code%
